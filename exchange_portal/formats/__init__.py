"""How dates are written in the administration's own lists, where Django's English is American."""
