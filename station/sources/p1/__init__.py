"""The station's own P1 reader: bytes of a Dutch or Belgian smart meter in, signed current per phase out."""
