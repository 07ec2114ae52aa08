// SPDX-License-Identifier: Apache-2.0
#include "tokenstore/redis_reply.h"

#include <hiredis/read.h>

#include <cassert>
#include <new>
#include <utility>

namespace countersign {

/// hiredis' callbacks. A null return makes the reader give up, which is how limits are kept; none
/// may throw, as they are called from C.
struct ReplyBuilder {
  /// Returns the place of the reply that `task` reads: the reader's root, or an element of its
  /// parent, whose vector has had its full size from the start.
  static RedisReply* place(const redisReadTask* task) {
    if (task->parent == nullptr) return &under_way(task)->root;
    auto* parent = static_cast<RedisReply*>(task->parent->obj);
    return &parent->elements[static_cast<std::size_t>(task->idx)];
  }
  static void* string(const redisReadTask* task, char* bytes, std::size_t size) {
    RedisReply* reply = place(task);
    reply->type = task->type == REDIS_REPLY_ERROR    ? RedisReply::Type::error
                  : task->type == REDIS_REPLY_STATUS ? RedisReply::Type::status
                                                     : RedisReply::Type::string;
    return filled(reply, [&] { reply->text.assign(bytes, size); });
  }
  static void* array(const redisReadTask* task, int elements) {
    std::size_t& left = under_way(task)->elements_left;
    const auto wanted = static_cast<std::size_t>(elements);
    if (elements < 0 || wanted > left) return nullptr;
    left -= wanted;
    RedisReply* reply = place(task);
    reply->type = RedisReply::Type::array;
    return filled(reply, [&] { reply->elements.resize(wanted); });
  }
  static void* integer(const redisReadTask* task, long long value) {
    RedisReply* reply = place(task);
    reply->type = RedisReply::Type::integer;
    reply->integer = value;
    return reply;
  }
  static void* nil(const redisReadTask* task) { return place(task); }
  /// The root is ours.
  static void destroy(void*) {}

  static RedisReplyReader::UnderWay* under_way(const redisReadTask* task) {
    return static_cast<RedisReplyReader::UnderWay*>(task->privdata);
  }
  template <class Fill>
  static void* filled(RedisReply* reply, Fill fill) noexcept {
    try {
      fill();
      return reply;
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
};

namespace {

redisReplyObjectFunctions& functions() {
  static redisReplyObjectFunctions instance = {ReplyBuilder::string, ReplyBuilder::array,
                                               ReplyBuilder::integer, ReplyBuilder::nil,
                                               ReplyBuilder::destroy};
  return instance;
}

}  // namespace

bool RedisReply::is_error(std::string_view word) const {
  return is_error() && text.starts_with(word) &&
         (text.size() == word.size() || text[word.size()] == ' ');
}

void RedisReplyReader::Free::operator()(redisReader* reader) const { redisReaderFree(reader); }

RedisReplyReader::RedisReplyReader(ReplyLimits limits)
    : limits_(limits),
      under_way_(std::make_unique<UnderWay>()),
      reader_(redisReaderCreateWithFunctions(&functions())) {
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = under_way_.get();
  under_way_->elements_left = limits_.elements;
}

RedisReplyReader::~RedisReplyReader() = default;

void RedisReplyReader::feed(std::string_view bytes) {
  fed_ += bytes.size();
  // What is over the limit is not kept; next() says so.
  if (fed_ <= limits_.bytes && reader_->err == 0)
    redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

Result<bool> RedisReplyReader::next(RedisReply& out) {
  if (fed_ > limits_.bytes)
    return Error{Errc::unavailable,
                 "redis: a reply over " + std::to_string(limits_.bytes) + " bytes"};
  void* root = nullptr;
  if (redisReaderGetReply(reader_.get(), &root) != REDIS_OK)
    return Error{Errc::unavailable, std::string("redis: no reply of Redis: ") + reader_->errstr};
  if (root == nullptr) return false;
  under_way_->elements_left = limits_.elements;
  fed_ = reader_->len - reader_->pos;
  out = std::exchange(under_way_->root, {});
  return true;
}

bool RedisReplyReader::has_rest() const { return reader_->pos < reader_->len; }

}  // namespace countersign
