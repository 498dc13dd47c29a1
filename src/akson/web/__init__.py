"""Server-rendered pages: work surfaces of personnel, citizen portal, platform."""
