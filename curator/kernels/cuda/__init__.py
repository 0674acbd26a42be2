"""What the kernels' GPU bodies share: device code, the sources as text, and how to run them."""
