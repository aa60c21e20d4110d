"""The station's own reader of a French meter's customer output (TIC): bytes in, signed current per phase out."""
