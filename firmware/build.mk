# SPDX-License-Identifier: GPL-2.0-only
# Guest code and ACPI byte code that the firmware library holds.
# Wants BUILD, CC, IA64; gives $(BUILD)/firmware/stubs.bin and dsdt.aml.

$(BUILD)/firmware/stubs.bin: firmware/stubs.S firmware/stubs.h | $(BUILD)/.deps-build
	@mkdir -p $(@D)
	$(CC) -E -P -x assembler-with-cpp -I. firmware/stubs.S > $(@D)/stubs.s
	$(IA64)as -xexplicit --fatal-warnings -o $(@D)/stubs.o $(@D)/stubs.s
	$(IA64)objcopy -O binary -j .text $(@D)/stubs.o $@

$(BUILD)/firmware/dsdt.aml: firmware/acpi/dsdt.asl firmware/acpi/platform.h | $(BUILD)/.deps-build
	@mkdir -p $(@D)
	$(CC) -E -P -x assembler-with-cpp -I. firmware/acpi/dsdt.asl > $(@D)/dsdt.i
	iasl -we -p $(@D)/dsdt $(@D)/dsdt.i > $(@D)/iasl.log 2>&1 || { cat $(@D)/iasl.log >&2; exit 1; }

$(BUILD)/user/firmware/blob.o: $(BUILD)/firmware/stubs.bin $(BUILD)/firmware/dsdt.aml
