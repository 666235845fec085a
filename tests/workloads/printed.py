def result(*values):
    """What the program prints, but for texts."""
