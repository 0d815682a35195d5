"""GPU kernels written by hand, one file a subject. Each function returns a scheduled TIR function."""
