/*
 * Base64 streams. Only the conversion of a tensor to and from JSON uses them, which a model library never does, so they
 * refuse instead of carrying an encoder into every library.
 */
#ifndef TVM_SUPPORT_BASE64_H_
#define TVM_SUPPORT_BASE64_H_

#include <tvm/support/serializer.h>

namespace tvm {
namespace support {

class RefusedBase64Stream : public Stream {
 public:
  explicit RefusedBase64Stream(Stream*) {}
  size_t Read(void*, size_t) final { TVM_FFI_THROW(RuntimeError) << "built without tensors in JSON"; }
  size_t Write(const void*, size_t) final { TVM_FFI_THROW(RuntimeError) << "built without tensors in JSON"; }
  void InitPosition() {}
  void Finish() {}
};

using Base64InStream = RefusedBase64Stream;
using Base64OutStream = RefusedBase64Stream;

}  // namespace support
}  // namespace tvm

#endif  // TVM_SUPPORT_BASE64_H_
