"""The WebAssembly runtime that every model library carries: TVM's own sources, our selection of them, our headers."""
