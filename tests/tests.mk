# tests.mk - programs for the tests: each file with a main(), its folder's other files, our archives.
# SPDX-License-Identifier: MIT

.PHONY: unit-tests engine-tests ct-tests fuzzers
TEST_FOLDERS := unit engine ct fuzz
entry_unit := int main
entry_engine := int main
entry_ct := int main
entry_fuzz := int LLVMFuzzerTestOneInput
test_mains = $(shell grep -sl '^$(entry_$1)\b' tests/$1/*.c)
test_helpers = $(filter-out $(call test_mains,$1),$(wildcard tests/$1/*.c))
test_programs = $(patsubst %.c,$(B)/%,$(call test_mains,$1))

# what the tests may include besides: each other's headers, and valgrind's for ct
TEST_CFLAGS := -Wframe-larger-than=16384 -Itests $(TEST_FOLDERS:%=-Itests/%) -idirafter /usr/include
$(foreach f,$(TEST_FOLDERS),$(foreach c,$(wildcard tests/$f/*.c), \
	$(eval CFLAGS_$(c:.c=.o) := $(TEST_CFLAGS))))

define test_rules
$$(call test_programs,$1): $$(B)/%: $$(B)/%.o \
		$$(patsubst %.c,$$(B)/%.o,$$(call test_helpers,$1)) $$(ARCHIVES) $$(BEARSSL_LIB) $$(LIBC)
	$$(say) LINK $$@
	$$(Q)$$(link) -fno-lto
endef
$(foreach f,$(TEST_FOLDERS),$(eval $(call test_rules,$f)))

# the monitor in a process of its own, or in ours, with the rest of the system played
$(B)/tests/unit/test_monitor $(B)/tests/unit/test_monitor_sessions: private LDFLAGS += -Wl,--wrap=self_spawn,--wrap=user_find
MON_WRAP := child_spawn clock_ms crypt_check crypt_hash kill msg_send poll pty_open \
	session_chroot sig_verify tty_get tty_set user_become user_find user_open user_shell_ok waitpid
$(B)/tests/fuzz/fuzz_monitor: private LDFLAGS += $(MON_WRAP:%=-Wl,--wrap=%)
$(B)/tests/fuzz/fuzz_keyfile: private LDFLAGS += -Wl,--wrap=bcrypt_pbkdf
$(B)/tests/fuzz/fuzz_cli_conf: private LDFLAGS += -Wl,--wrap=prog_spawn,--wrap=prog_wait
MUX_WRAP := accept4 ask_program close fwd_cancel fwd_listen fwd_listening link msg_recv msg_send \
	ssh_chan_open ssh_chan_request ssh_chan_room ssh_global unix_listen unix_peer unlink
$(B)/tests/fuzz/fuzz_mux: private LDFLAGS += $(MUX_WRAP:%=-Wl,--wrap=%)

# our /etc and our name servers
$(B)/tests/unit/test_clock: private LDFLAGS += -Wl,--wrap=sys
$(B)/tests/unit/test_dial $(B)/tests/unit/test_resolve: private LDFLAGS += -Wl,--wrap=fd_open,--wrap=sys

unit-tests: $(call test_programs,unit)
engine-tests: $(call test_programs,engine)
ct-tests: $(call test_programs,ct)

# the whole tree again with clang's sanitizers, on the system's C library; without what gcc alone knows
ifdef FUZZ
LINK := -no-pie -fsanitize=fuzzer
fuzzers: $(call test_programs,fuzz)
else
FUZZ_CFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
fuzzers:
	$(Q)$(MAKE) O=$(B)/fuzz full_defconfig
	$(Q)$(MAKE) O=$(B)/fuzz FUZZ=1 CC=clang LTO= CFLAGS_crypto/wide/fe.o= MUSL= BEARSSL=$(DEPS)/$(HOST)/bearssl \
		TARGET=$(HOST) CFLAGS='$(FUZZ_CFLAGS)' fuzzers
endif
