/*
 * The TVM runtime of a WebLLM model library: which of TVM's own sources it holds, and what a browser needs beside them.
 *
 * TVM ships a file of this name; ours leaves out what a model library never calls: the RPC server, the sort kernels of
 * the contrib folder and the test functions. That takes a quarter off every library. The functions registered under
 * "tvmjs." are looked up by name in WebLLM's bundled runtime when it starts; a missing one fails the load.
 */
#define TVM_LOG_DEBUG 0
#define TVM_LOG_CUSTOMIZE 1
#define TVM_FFI_USE_LIBBACKTRACE 0
#define TVM_FFI_ALWAYS_LOG_BEFORE_THROW 1

#include <tvm/ffi/any.h>
#include <tvm/ffi/reflection/registry.h>
#include <tvm/runtime/logging.h>

#include <cstring>
#include <iostream>

// The foreign function interface: objects, containers, modules.
#include "3rdparty/tvm-ffi/src/ffi/backtrace.cc"
#include "3rdparty/tvm-ffi/src/ffi/container.cc"
#include "3rdparty/tvm-ffi/src/ffi/custom_allocator.cc"
#include "3rdparty/tvm-ffi/src/ffi/dtype.cc"
#include "3rdparty/tvm-ffi/src/ffi/error.cc"
#include "3rdparty/tvm-ffi/src/ffi/extra/env_c_api.cc"
#include "3rdparty/tvm-ffi/src/ffi/extra/env_context.cc"
#include "3rdparty/tvm-ffi/src/ffi/extra/json_parser.cc"
#include "3rdparty/tvm-ffi/src/ffi/extra/json_writer.cc"
#include "3rdparty/tvm-ffi/src/ffi/extra/library_module.cc"
#include "3rdparty/tvm-ffi/src/ffi/extra/library_module_system_lib.cc"
#include "3rdparty/tvm-ffi/src/ffi/extra/module.cc"
#include "3rdparty/tvm-ffi/src/ffi/function.cc"
#include "3rdparty/tvm-ffi/src/ffi/init_once.cc"
#include "3rdparty/tvm-ffi/src/ffi/object.cc"
#include "3rdparty/tvm-ffi/src/ffi/tensor.cc"
// Devices and memory.
#include "src/runtime/cpu_device_api.cc"
#include "src/runtime/device_api.cc"
#include "src/runtime/file_utils.cc"
#include "src/runtime/logging.cc"
#include "src/runtime/memory/memory_manager.cc"
#include "src/runtime/tensor.cc"
#include "src/runtime/timer.cc"
#include "src/runtime/workspace_pool.cc"
// tvmjs_support.cc builds its local session on these two; they do not bring the RPC server with them.
#include "src/runtime/rpc/rpc_local_session.cc"
#include "src/runtime/rpc/rpc_session.cc"
// The virtual machine, the paged key-value cache and the weight loader.
#include "src/runtime/vm/attn_backend.cc"
#include "src/runtime/vm/builtin.cc"
#include "src/runtime/vm/bytecode.cc"
#include "src/runtime/vm/executable.cc"
#include "src/runtime/vm/kv_state.cc"
#include "src/runtime/vm/lm_support.cc"
#include "src/runtime/vm/paged_kv_cache.cc"
#include "src/runtime/vm/rnn_state.cc"
#include "src/runtime/vm/tensor_cache_support.cc"
#include "src/runtime/vm/vm.cc"

// One thread: a parallel region is one call.
int TVMBackendParallelLaunch(FTVMParallelLambda body, void* data, int) {
  TVMParallelGroupEnv environment;
  environment.num_task = 1;
  body(0, &environment, data);
  return 0;
}

int TVMBackendParallelBarrier(int, TVMParallelGroupEnv*) { return 0; }

namespace tvm {
namespace runtime {

ffi::Module CreateRPCSessionModule(std::shared_ptr<RPCSession>) {
  TVM_FFI_THROW(RuntimeError) << "This model library was built without remote sessions";
  TVM_FFI_UNREACHABLE();
}

namespace detail {

[[noreturn]] void LogFatalImpl(const std::string& file, int line, const std::string& message) {
  std::cerr << "[fatal] " << file << ":" << line << ": " << message << std::endl;
  std::abort();
}

void LogMessageImpl(const std::string& file, int line, int level, const std::string& message) {
  static const char* const kLevels[] = {"debug", "info", "warning", "error"};
  std::cout << "[" << kLevels[level] << "] " << file << ":" << line << ": " << message << std::endl;
}

}  // namespace detail

namespace {

void CopyFromBytes(Tensor destination, TVMFFIByteArray* bytes) {
  destination.CopyFromBytes(bytes->data, bytes->size);
}

ffi::Bytes CopyToBytes(Tensor source) {
  std::string bytes(ffi::GetDataSize(*source.operator->()), '\0');
  source.CopyToBytes(bytes.data(), bytes.size());
  return ffi::Bytes(std::move(bytes));
}

// Puts the stored bytes of a weight into a tensor in host memory. "f32-to-bf16" stores the upper half of each float.
void DecodeStorage(Tensor destination, TVMFFIByteArray* bytes, ffi::String format, ffi::String dtype) {
  if (format != "f32-to-bf16" || dtype != "float32") return CopyFromBytes(destination, bytes);
  const size_t count = ffi::GetDataSize(*destination.operator->()) / sizeof(float);
  TVM_FFI_ICHECK_EQ(destination->device.device_type, kDLCPU);
  TVM_FFI_ICHECK_EQ(bytes->size, count * sizeof(uint16_t)) << "a bfloat16 weight has two bytes an element";
  char* out = static_cast<char*>(destination->data) + destination->byte_offset;
  for (size_t i = 0; i < count; ++i) {
    uint16_t upper;
    std::memcpy(&upper, bytes->data + i * sizeof(upper), sizeof(upper));
    const uint32_t bits = static_cast<uint32_t>(upper) << 16;
    std::memcpy(out + i * sizeof(bits), &bits, sizeof(bits));
  }
}

// Joins arrays end to end; WebLLM builds long argument lists from pieces.
void ConcatArrays(ffi::PackedArgs arrays, ffi::Any* result) {
  ffi::Array<ffi::Any> joined;
  for (int i = 0; i < arrays.size(); ++i) {
    for (ffi::Any item : arrays[i].cast<ffi::Array<ffi::Any>>()) joined.push_back(std::move(item));
  }
  *result = std::move(joined);
}

// Stacks [n_i, hidden] embeddings into one [sum of n_i, hidden] tensor on the same device.
void ConcatEmbeddings(ffi::PackedArgs embeddings, ffi::Any* result) {
  const Tensor first = embeddings[0].cast<Tensor>();
  const int64_t hidden = first->shape[1];
  int64_t rows = 0;
  for (int i = 0; i < embeddings.size(); ++i) {
    const Tensor part = embeddings[i].cast<Tensor>();
    TVM_FFI_ICHECK(part->ndim == 2 && part->shape[1] == hidden) << "embeddings of different widths";
    rows += part->shape[0];
  }
  const Tensor joined = Tensor::Empty({rows, hidden}, first->dtype, first->device);
  uint64_t offset = 0;
  for (int i = 0; i < embeddings.size(); ++i) {
    const Tensor part = embeddings[i].cast<Tensor>();
    DLTensor window = *joined.operator->();
    window.shape = part->shape;
    window.byte_offset = offset;
    Tensor::CopyFromTo(part.operator->(), &window);
    offset += ffi::GetDataSize(*part.operator->());
  }
  *result = joined;
}

// Stands in for the kernels of cache operations that WebLLM never asks for (forking a sequence, committing a token
// tree, dumping the cache), so that no library compiles a shader for them.
void LeftOutOperation(ffi::PackedArgs, ffi::Any*) {
  TVM_FFI_THROW(RuntimeError) << "This model library was built without forked sequences, token trees and cache dumps";
}

}  // namespace

TVM_FFI_STATIC_INIT_BLOCK() {
  namespace refl = tvm::ffi::reflection;
  refl::GlobalDef()
      .def("tvmjs.array.decode_storage", DecodeStorage)
      .def("tvmjs.runtime.TensorCopyFromBytes", CopyFromBytes)
      .def("tvmjs.runtime.TensorCopyToBytes", CopyToBytes)
      .def_packed("tvmjs.runtime.ArrayConcat", ConcatArrays)
      .def_packed("tvmjs.runtime.ConcatEmbeddings", ConcatEmbeddings)
      .def_packed("reflection.kv_operation_left_out", LeftOutOperation);
}

}  // namespace runtime
}  // namespace tvm
