"""GGUF files of Llama models: their names and row order, their tokenizer, reading and writing."""
