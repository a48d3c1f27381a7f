"""Regional pages: the authorities of a region side by side, ranked and held against chance, for everybody."""
