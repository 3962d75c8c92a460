"""What is stored about visitors: the inventory, export, erasure and retention."""
