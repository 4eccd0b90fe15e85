"""The acts of circles: founding, appending, asking, late documents, catching up, closing."""
