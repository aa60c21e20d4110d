"""How much a socket may take: the sources of limits and the one allocator that divides what there is."""
