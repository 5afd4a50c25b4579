"""What makes the generated examples: documents, office files, images, descriptors and case files."""
