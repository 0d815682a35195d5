/*
 * How values are laid out in the stream: numbers and enumerations as their bytes (little endian), a sequence as its
 * length (64 bits) and its elements, a pair as its two parts, a map as a sequence of pairs. The compiler inside the TVM
 * wheel writes the same layout, so a library made with the wheel is read back by this.
 */
#ifndef TVM_SUPPORT_SERIALIZER_H_
#define TVM_SUPPORT_SERIALIZER_H_

#include <dlpack/dlpack.h>
#include <tvm/ffi/container/array.h>
#include <tvm/ffi/container/map.h>
#include <tvm/ffi/string.h>
#include <tvm/support/io.h>

#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace tvm {
namespace support {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the layout is that of a little-endian machine");

namespace layout {

template <typename Item>
Item Blank() {
  if constexpr (std::is_default_constructible_v<Item>) {
    return Item();
  } else {
    return Item(ffi::UnsafeInit{});
  }
}

/* Writes the length, then what `each` writes for every item. */
template <typename Items, typename Each>
void WriteItems(Stream* stream, const Items& items, Each each) {
  stream->Write<uint64_t>(items.size());
  for (const auto& item : items) each(item);
}

/* Reads the length, then calls `each` once an item; stops at the first item that is not there. */
template <typename Each>
bool ReadItems(Stream* stream, Each each) {
  uint64_t count = 0;
  if (!stream->Read(&count)) return false;
  for (uint64_t i = 0; i < count; ++i) {
    if (!each()) return false;
  }
  return true;
}

template <typename Text>
struct OfText {
  static constexpr bool enabled = true;
  static void Write(Stream* stream, const Text& text) {
    stream->Write<uint64_t>(text.size());
    stream->Write(static_cast<const void*>(text.data()), text.size());
  }
  static bool Read(Stream* stream, Text* text) {
    uint64_t size = 0;
    if (!stream->Read(&size)) return false;
    std::string bytes(size, '\0');
    if (stream->Read(static_cast<void*>(bytes.data()), size) != size) return false;
    *text = Text(std::move(bytes));
    return true;
  }
};

template <typename List, typename Item>
struct OfList {
  static constexpr bool enabled = true;
  static void Write(Stream* stream, const List& list) {
    WriteItems(stream, list, [stream](const Item& item) { stream->Write<Item>(item); });
  }
  static bool Read(Stream* stream, List* list) {
    *list = List();
    return ReadItems(stream, [stream, list] {
      Item item = Blank<Item>();
      const bool read = stream->Read(&item);
      list->push_back(std::move(item));
      return read;
    });
  }
};

}  // namespace layout

template <typename T>
struct Serializer<T, std::enable_if_t<std::is_arithmetic_v<T> || std::is_enum_v<T>>> {
  static constexpr bool enabled = true;
  static void Write(Stream* stream, const T& value) { stream->Write(static_cast<const void*>(&value), sizeof(T)); }
  static bool Read(Stream* stream, T* value) { return stream->Read(static_cast<void*>(value), sizeof(T)) == sizeof(T); }
};

template <>
struct Serializer<std::string> : layout::OfText<std::string> {};
template <>
struct Serializer<ffi::String> : layout::OfText<ffi::String> {};
template <>
struct Serializer<ffi::Bytes> : layout::OfText<ffi::Bytes> {};
template <typename T>
struct Serializer<std::vector<T>> : layout::OfList<std::vector<T>, T> {};
template <typename T>
struct Serializer<ffi::Array<T>> : layout::OfList<ffi::Array<T>, T> {};

template <typename First, typename Second>
struct Serializer<std::pair<First, Second>> {
  static constexpr bool enabled = true;
  static void Write(Stream* stream, const std::pair<First, Second>& pair) {
    stream->Write<First>(pair.first);
    stream->Write<Second>(pair.second);
  }
  static bool Read(Stream* stream, std::pair<First, Second>* pair) {
    return stream->Read(&pair->first) && stream->Read(&pair->second);
  }
};

template <typename Key, typename Value>
struct Serializer<std::unordered_map<Key, Value>> {
  static constexpr bool enabled = true;
  static void Write(Stream* stream, const std::unordered_map<Key, Value>& map) {
    layout::WriteItems(stream, map, [stream](const std::pair<const Key, Value>& entry) {
      stream->Write<Key>(entry.first);
      stream->Write<Value>(entry.second);
    });
  }
  static bool Read(Stream* stream, std::unordered_map<Key, Value>* map) {
    map->clear();
    return layout::ReadItems(stream, [stream, map] {
      std::pair<Key, Value> entry;
      const bool read = stream->Read(&entry);
      map->insert(std::move(entry));
      return read;
    });
  }
};

template <typename Key, typename Value>
struct Serializer<ffi::Map<Key, Value>> {
  static constexpr bool enabled = true;
  static void Write(Stream* stream, const ffi::Map<Key, Value>& map) {
    layout::WriteItems(stream, map, [stream](const auto& entry) {
      stream->Write<Key>(entry.first);
      stream->Write<Value>(entry.second);
    });
  }
  static bool Read(Stream* stream, ffi::Map<Key, Value>* map) {
    *map = ffi::Map<Key, Value>();
    return layout::ReadItems(stream, [stream, map] {
      Key key = layout::Blank<Key>();
      Value value = layout::Blank<Value>();
      const bool read = stream->Read(&key) && stream->Read(&value);
      if (read) map->Set(std::move(key), std::move(value));
      return read;
    });
  }
};

template <>
struct Serializer<DLDataType> {
  static constexpr bool enabled = true;
  static void Write(Stream* stream, const DLDataType& type) {
    stream->Write<uint8_t>(type.code);
    stream->Write<uint8_t>(type.bits);
    stream->Write<uint16_t>(type.lanes);
  }
  static bool Read(Stream* stream, DLDataType* type) {
    return stream->Read(&type->code) && stream->Read(&type->bits) && stream->Read(&type->lanes);
  }
};

template <>
struct Serializer<DLDevice> {
  static constexpr bool enabled = true;
  static void Write(Stream* stream, const DLDevice& device) {
    stream->Write<int32_t>(static_cast<int32_t>(device.device_type));
    stream->Write<int32_t>(device.device_id);
  }
  static bool Read(Stream* stream, DLDevice* device) {
    int32_t type = 0;
    if (!stream->Read(&type) || !stream->Read(&device->device_id)) return false;
    device->device_type = static_cast<DLDeviceType>(type);
    return true;
  }
};

}  // namespace support
}  // namespace tvm

#endif  // TVM_SUPPORT_SERIALIZER_H_
