include $(sort $(wildcard $(BR2_EXTERNAL_CUBSSH_PATH)/package/*/*.mk))
