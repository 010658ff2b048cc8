"""Drawing: from a map view to pixels, and from pixels to the bytes of an image format."""
