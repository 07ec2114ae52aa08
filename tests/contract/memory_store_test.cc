// SPDX-License-Identifier: Apache-2.0
//
// The contract of the store, kept by the fake that the layers above are tested with.
#include "tokenstore/memory_store.h"

#include "tests/contract/asked_contract.h"
#include "tests/contract/permit_contract.h"
#include "tests/contract/store_contract.h"

namespace countersign::test {
namespace {

class Memory {
 public:
  Store& store() { return store_; }

 private:
  SystemClock clock_;
  MemoryStore store_{clock_};
};

}  // namespace
CPPUNIT_TEST_SUITE_REGISTRATION(StoreContract<Memory>);
CPPUNIT_TEST_SUITE_REGISTRATION(PermitContract<Memory>);
CPPUNIT_TEST_SUITE_REGISTRATION(AskedContract<Memory>);
}  // namespace countersign::test
