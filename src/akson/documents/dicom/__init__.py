"""Pictures after DICOM: reading and checking of files, drawing of frames, what an ImagingStudy says of them, and how they are kept."""
