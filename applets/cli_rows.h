/* cli_rows.h - every setting of the client: row, keyword, default, place, type, its argument. */
/* SPDX-License-Identifier: MIT */
/*
 * In the order in which -G shows them. A default of several words is for a list;
 * those without a keyword have flags only.
 */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#define AT(field) offsetof(struct cli_set, field)
/* in struct cli_load: for what is not handed on as it is */
#define LOADS(field) (IN_LOAD | offsetof(struct cli_load, field))

/* clang-format off */
#define CLI_ROWS(ROW) \
	ROW(R_USER, "User", "", AT(user), C_WORD, 0) \
	ROW(R_HOSTNAME, "HostName", "", AT(host), C_WORD, 0) \
	ROW(R_PORT, "Port", "22", AT(port), C_PORT, 1) \
	ROW(R_FAMILY, "AddressFamily", "", AT(family), C_ENUM, V_FAMILY) \
	ROW(R_BATCH, "BatchMode", "", AT(batch), C_ENUM, V_BOOL) \
	ROW(R_CHECK_HOST_IP, "CheckHostIP", "", AT(check_host_ip), C_ENUM, V_BOOL) \
	ROW(R_COMPRESSION, "Compression", "", LOADS(compression), C_ENUM, V_BOOL) \
	ROW(R_MASTER, "ControlMaster", "", AT(master), C_ENUM, V_MASTER) \
	ROW(R_CLEAR, "ClearAllForwardings", "", AT(clear_forwards), C_ENUM, V_BOOL) \
	ROW(R_EXIT_ON_FAILURE, "ExitOnForwardFailure", "", \
	    AT(exit_on_forward_failure), C_ENUM, V_BOOL) \
	ROW(R_GATEWAY, "GatewayPorts", "", AT(gateway_ports), C_ENUM, V_BOOL) \
	ROW(R_HASH_KNOWN, "HashKnownHosts", "", AT(hash_known), C_ENUM, V_BOOL) \
	ROW(R_IDENTITIES_ONLY, "IdentitiesOnly", "", AT(identities_only), C_ENUM, V_BOOL) \
	ROW(R_KBD, "KbdInteractiveAuthentication", "yes", AT(kbd_auth), C_ENUM, V_BOOL) \
	ROW(R_PASSWORD, "PasswordAuthentication", "yes", AT(password_auth), C_ENUM, V_BOOL) \
	ROW(R_PERMIT_LOCAL, "PermitLocalCommand", "", AT(permit_local_command), C_ENUM, V_BOOL) \
	ROW(R_PUBKEY, "PubkeyAuthentication", "yes", AT(pubkey_auth), C_ENUM, V_TRUE) \
	ROW(R_TTY, "RequestTTY", "auto", AT(tty), C_ENUM, V_TTY) \
	ROW(R_SESSION, "SessionType", "default", LOADS(session), C_ENUM, V_SESSION) \
	ROW(R_STDIN_NULL, "StdinNull", "", AT(stdin_null), C_ENUM, V_BOOL) \
	ROW(R_FORK, "ForkAfterAuthentication", "", AT(background), C_ENUM, V_BOOL) \
	ROW(R_UNLINK, "StreamLocalBindUnlink", "", AT(stream_unlink), C_ENUM, V_BOOL) \
	ROW(R_STRICT, "StrictHostKeyChecking", "ask", AT(strict), C_ENUM, V_STRICT) \
	ROW(R_KEEPALIVE, "TCPKeepAlive", "yes", AT(tcp_keepalive), C_ENUM, V_BOOL) \
	USE_TUN(ROW(R_TUNNEL, "Tunnel", "", AT(tunnel), C_ENUM, V_TUNNEL)) \
	ROW(R_VISUAL, "VisualHostKey", "", AT(visual), C_ENUM, V_BOOL) \
	ROW(R_UPDATE, "UpdateHostKeys", "", AT(update_hostkeys), C_ENUM, V_TRUE) \
	ROW(R_ATTEMPTS, "ConnectionAttempts", "1", AT(connection_attempts), C_NUM, 1) \
	ROW(R_PROMPTS, "NumberOfPasswordPrompts", "3", AT(password_prompts), C_NUM, 0) \
	ROW(R_ALIVE_COUNT, "ServerAliveCountMax", "3", AT(alive_count), C_NUM, 0) \
	ROW(R_ALIVE_INTERVAL, "ServerAliveInterval", "", AT(alive_interval), C_TIME, 0) \
	ROW(R_BIND_ADDRESS, "BindAddress", "", AT(bind_address), C_WORD, 0) \
	ROW(R_BIND_INTERFACE, "BindInterface", "", AT(bind_interface), C_WORD, 0) \
	ROW(R_CIPHERS, "Ciphers", "", AT(ciphers), C_ALG, ALG_CIPHER) \
	ROW(R_CONTROL_PATH, "ControlPath", "", AT(control_path), C_WORD, X_PATH | X_NONE) \
	ROW(R_HOSTKEY_ALGS, "HostKeyAlgorithms", "", AT(hostkey_algs), C_ALG, ALG_SIG) \
	ROW(R_ALIAS, "HostKeyAlias", "", AT(host_key_alias), C_WORD, 0) \
	ROW(R_AGENT, "IdentityAgent", "", AT(identity_agent), C_WORD, X_PATH) \
	ROW(R_IGNORE, "IgnoreUnknown", "", LOADS(ignore), C_WORD, 0) \
	ROW(R_KEX, "KexAlgorithms", "", AT(kex), C_ALG, ALG_KEX) \
	USE_CERTS(ROW(R_CA_ALGS, "CASignatureAlgorithms", "", AT(ca_algs), C_ALG, ALG_CA)) \
	ROW(R_LOCAL_COMMAND, "LocalCommand", "", \
	    AT(local_command), C_REST, X_PERCENT | X_LATE | X_SHELL | X_NONE) \
	ROW(R_REMOTE_COMMAND, "RemoteCommand", "", \
	    LOADS(remote_command), C_REST, X_PERCENT | X_SHELL | X_NONE) \
	ROW(R_LEVEL, "LogLevel", "INFO", LOADS(level), C_ENUM, V_LEVEL) \
	ROW(R_MACS, "MACs", "", AT(macs), C_ALG, ALG_MAC) \
	ROW(R_PREFERRED, "PreferredAuthentications", "", AT(preferred), C_WORD, 0) \
	ROW(R_PUBKEY_ALGS, "PubkeyAcceptedAlgorithms", "", AT(pubkey_algs), C_ALG, ALG_SIG) \
	USE_CERTS(ROW(R_REVOKED, "RevokedHostKeys", "", AT(revoked), C_WORD, X_PATH | X_NONE)) \
	ROW(R_DYNAMIC_FORWARD, "DynamicForward", "", 0, C_FORWARD, 'D') \
	ROW(R_LOCAL_FORWARD, "LocalForward", "", 0, C_FORWARD, 'L') \
	ROW(R_REMOTE_FORWARD, "RemoteForward", "", 0, C_FORWARD, 'R') \
	ROW(R_IDENTITY, "IdentityFile", "~/.ssh/id_rsa ~/.ssh/id_ecdsa ~/.ssh/id_ecdsa_sk " \
	    "~/.ssh/id_ed25519 ~/.ssh/id_ed25519_sk", AT(identity), C_FILES, X_PATH | X_LATE) \
	ROW(R_CERTIFICATE, "CertificateFile", "", AT(certificate), C_FILES, X_PATH | X_LATE) \
	ROW(R_GLOBAL_KNOWN, "GlobalKnownHostsFile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2", \
	    AT(global_known), C_KNOWN, X_PATH | X_NONE) \
	ROW(R_KNOWN, "UserKnownHostsFile", "~/.ssh/known_hosts ~/.ssh/known_hosts2", \
	    AT(known), C_KNOWN, X_PATH | X_NONE) \
	ROW(R_SEND_ENV, "SendEnv", "", AT(send_env), C_SENDENV, 0) \
	ROW(R_SET_ENV, "SetEnv", "", AT(set_env), C_SETENV, 0) \
	ROW(R_ADD_KEYS, "AddKeysToAgent", "", AT(add_keys), C_ADD, V_ADD) \
	ROW(R_FORWARD_AGENT, "ForwardAgent", "", AT(forward_agent), C_ENUM, V_BOOL) \
	ROW(R_TIMEOUT, "ConnectTimeout", "", AT(connect_timeout), C_TIME, 0) \
	ROW(R_PERSIST, "ControlPersist", "", AT(control_persist), C_PERSIST, 0) \
	ROW(R_ESCAPE, "EscapeChar", "~", AT(escape), C_ESCAPE, 0) \
	ROW(R_REKEY, "RekeyLimit", "", 0, C_REKEY, 0) \
	ROW(R_MASK, "StreamLocalBindMask", "0177", AT(stream_mask), C_MASK, 0) \
	USE_TUN(ROW(R_TUN_DEVICE, "TunnelDevice", "", AT(tun_local), C_TUN, 0)) \
	ROW(R_PROXY_COMMAND, "ProxyCommand", "", \
	    AT(proxy_command), C_REST, X_PERCENT | X_LATE | X_SHELL | X_NONE) \
	ROW(R_JUMP, "ProxyJump", "", AT(proxy_jump), C_WORD, X_PERCENT | X_LATE | X_NONE) \
	/* not of OpenSSH's */ \
	ROW(R_SYSLOG, "UseSyslog", "", AT(to_syslog), C_ENUM, V_BOOL) \
	/* flags only */ \
	ROW(R_CONFIG, "", "", LOADS(config), C_WORD, 0) \
	ROW(R_LOG_FILE, "", "", AT(log_file), C_WORD, 0) \
	ROW(R_CONTROL, "", "", AT(control_command), C_WORD, 0) \
	ROW(R_NETCAT, "", "", AT(netcat), C_WORD, 0) \
	ROW(R_DUMP, "", "", AT(dump), C_ENUM, V_BOOL) \
	ROW(R_QUERY, "", "", AT(query), C_WORD, 0) \
	ROW(R_NO_CHECK, "", "", AT(no_check), C_ENUM, V_BOOL) \
	ROW(R_IDLE, "", "", AT(idle), C_TIME, 0) \
	ROW(R_MAX_DURATION, "", "", AT(max_duration), C_TIME, 0) \
	ROW(R_WINDOW, "", "", AT(window), C_SIZE, 0)
/* clang-format on */

#endif
