"""The forge: everything between a training run and the folder a browser loads."""
