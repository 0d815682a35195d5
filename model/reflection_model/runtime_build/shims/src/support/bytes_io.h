/* Streams over memory: one reads a block of bytes, the other appends to a string. */
#ifndef TVM_SUPPORT_BYTES_IO_H_
#define TVM_SUPPORT_BYTES_IO_H_

#include <tvm/ffi/string.h>
#include <tvm/support/serializer.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace tvm {
namespace support {

class BytesInStream : public Stream {
 public:
  using Stream::Read;
  using Stream::Write;

  explicit BytesInStream(const ffi::Bytes& bytes) : next_(bytes.data()), left_(bytes.size()) {}
  explicit BytesInStream(const std::string& bytes) : next_(bytes.data()), left_(bytes.size()) {}

  size_t Read(void* into, size_t size) final {
    const size_t count = std::min(size, left_);
    std::memcpy(into, next_, count);
    next_ += count;
    left_ -= count;
    return count;
  }
  size_t Write(const void*, size_t) final { TVM_FFI_THROW(RuntimeError) << "this stream is for reading"; }

 private:
  const char* next_;
  size_t left_;
};

class BytesOutStream : public Stream {
 public:
  using Stream::Read;
  using Stream::Write;

  explicit BytesOutStream(std::string* bytes) : bytes_(bytes) {}

  size_t Read(void*, size_t) final { TVM_FFI_THROW(RuntimeError) << "this stream is for writing"; }
  size_t Write(const void* from, size_t size) final {
    bytes_->append(static_cast<const char*>(from), size);
    return size;
  }

 private:
  std::string* bytes_;
};

}  // namespace support
}  // namespace tvm

#endif  // TVM_SUPPORT_BYTES_IO_H_
