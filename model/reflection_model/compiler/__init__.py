"""The compiler: a Llama configuration to a WebLLM model library, with TVM."""
