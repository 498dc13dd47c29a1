"""Pages of the information services, drawn from their declarations: for personnel, citizens and those who run the platform."""
