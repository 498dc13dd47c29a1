"""Pictures over HTTP after DICOMweb (PS3.18): studies are searched (QIDO-RS), retrieved and drawn (WADO-RS), and stored (STOW-RS)."""
