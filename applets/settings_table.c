/* settings_table.c - every setting of the server: keyword, default, type, place. */
/* SPDX-License-Identifier: MIT */
#include "settings_table.h"

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define AT(field) offsetof(struct settings, field)

/* what is not built in cannot be had */
#define ANSWER(cfg) ((cfg) ? E_BOOL : E_NO)
#define NAMED(z) USE_SSHD_OPTIONS(z) "\0"
#define CERTED(z) USE_CERTS(USE_SSHD_OPTIONS(z)) "\0"
#define LISTED(z) USE_ACCESS_LISTS(USE_SSHD_OPTIONS(z)) "\0"

/* clang-format off */
const struct setting set_table[K_COUNT] = {
    [K_PORT] = {NAMED("Port") "22", AT(listen), SET_LISTEN, 0},
    [K_LISTEN_ADDRESS] = {NAMED("ListenAddress"), AT(listen), SET_LISTEN, 1},
    [K_ADDRESS_FAMILY] = {NAMED("AddressFamily") "any", AT(address_family), SET_ENUM, E_FAMILY},
    [K_BIND_INTERFACE] = {NAMED("BindInterface"), AT(iface), SET_WORD, 0},
    USE_LINKLOCAL([K_LINK_LISTEN] = {NAMED("ListenLinkLocal") "no", AT(link_listen), SET_WORDS, 0},)
    USE_MDNS([K_ANNOUNCE] = {NAMED("Announce") "no", AT(announce), SET_WORDS, 0},)
    [K_HOST_KEY] = {NAMED("HostKey") CFG_HOSTKEY_DIR "/ssh_host_ed25519_key",
	AT(hostkey), SET_FILES, CFG_HOSTKEYS},
    [K_HOST_CERT] = {CERTED("HostCertificate"), AT(hostcert), SET_FILES, CFG_HOSTKEYS},
    USE_HOSTKEY_SEED([K_HOST_SEED] = {NAMED("HostKeySeed"), AT(hostkey_seed), SET_WORD, 0},)
    [K_MAKE_HOST_KEYS] = {NAMED("MakeHostKeys"), AT(make_keys), SET_ENUM, E_BOOL},
    [K_PID_FILE] = {NAMED("PidFile") "/var/run/sshd.pid", AT(pid_file), SET_WORD, 0},
    [K_LOG_LEVEL] = {NAMED("LogLevel") "INFO", AT(log_level), SET_ENUM, E_LEVEL},
    [K_SYSLOG_FACILITY] = {NAMED("SyslogFacility") "AUTH", AT(log_facility), SET_ENUM, E_FACILITY},
    [K_NET_USER] = {NAMED("NetUser") "nobody", AT(net_user), SET_WORD, 0},
    [K_PASSWORD_AUTH] = {NAMED("PasswordAuthentication") USE_AUTH_PASSWORD("yes"),
	AT(password_auth), SET_ENUM, ANSWER(CFG_AUTH_PASSWORD)},
    [K_PUBKEY_AUTH] = {NAMED("PubkeyAuthentication") "yes", AT(pubkey_auth), SET_ENUM, E_BOOL},
    [K_EMPTY_PASSWORDS] = {NAMED("PermitEmptyPasswords"), AT(permit_empty), SET_ENUM, E_BOOL},
    [K_PERMIT_ROOT] = {NAMED("PermitRootLogin") "prohibit-password", AT(permit_root), SET_ENUM, E_ROOT},
    [K_AUTH_METHODS] = {NAMED("AuthenticationMethods"), AT(key_and_password), SET_ENUM, E_METHODS},
    [K_STRICT_MODES] = {NAMED("StrictModes") "yes", AT(strict_modes), SET_ENUM, E_BOOL},
    [K_MAX_TRIES] = {NAMED("MaxAuthTries") "6", AT(max_tries), SET_NUM, 1},
    [K_ALLOW_USERS] = {LISTED("AllowUsers"), AT(allow_users), SET_LIST, ' '},
    [K_DENY_USERS] = {LISTED("DenyUsers"), AT(deny_users), SET_LIST, ' '},
    [K_ALLOW_GROUPS] = {LISTED("AllowGroups"), AT(allow_groups), SET_LIST, ' '},
    [K_DENY_GROUPS] = {LISTED("DenyGroups"), AT(deny_groups), SET_LIST, ' '},
    [K_AUTHORIZED_KEYS] = {NAMED("AuthorizedKeysFile") ".ssh/authorized_keys",
	AT(authorized_keys), SET_WORDS, 0},
    [K_TRUSTED_CAS] = {CERTED("TrustedUserCAKeys"), AT(trusted_cas), SET_WORD, 0},
    [K_PRINCIPALS] = {CERTED("AuthorizedPrincipalsFile"), AT(principals), SET_WORD, 0},
    [K_REVOKED] = {CERTED("RevokedKeys"), AT(revoked), SET_WORD, 0},
    [K_PUBKEY_OPTIONS] = {USE_KEY_SK(USE_SSHD_OPTIONS("PubkeyAuthOptions")) "\0",
	AT(pubkey_needs), SET_ENUM, E_TOKEN},
    [K_FORCE_COMMAND] = {NAMED("ForceCommand"), AT(force_command), SET_REST, 0},
    [K_BANNER] = {NAMED("Banner"), AT(banner), SET_WORD, 0},
    [K_CHROOT] = {NAMED("ChrootDirectory"), AT(chroot_dir), SET_WORD, 0},
    [K_ACCEPT_ENV] = {NAMED("AcceptEnv") "LANG LC_* TERM", AT(accept_env), SET_LIST, ' '},
    [K_SET_ENV] = {NAMED("SetEnv"), AT(set_env), SET_LIST, '\n'},
    [K_TCP_FORWARDING] = {NAMED("AllowTcpForwarding") "yes", AT(tcp_local), SET_FORWARD, 0},
    [K_STREAM_FORWARDING] = {NAMED("AllowStreamLocalForwarding") "yes",
	AT(stream_local), SET_FORWARD, 0},
    [K_STREAM_MASK] = {NAMED("StreamLocalBindMask") USE_FORWARD("0177"), AT(stream_mask), SET_OCTAL, 0},
    [K_STREAM_UNLINK] = {NAMED("StreamLocalBindUnlink"), AT(stream_unlink), SET_ENUM, E_BOOL},
    [K_GATEWAY_PORTS] = {NAMED("GatewayPorts"), AT(gateway_ports), SET_ENUM, E_GATEWAY},
    [K_AGENT_FORWARDING] = {NAMED("AllowAgentForwarding") "yes", AT(agent_forwarding), SET_ENUM, E_BOOL},
    USE_FORWARD([K_NO_FORWARDING] = {NAMED("DisableForwarding"), AT(no_forwarding), SET_ENUM, E_BOOL},
	[K_PERMIT_OPEN] = {NAMED("PermitOpen") "any", AT(permit_open), SET_WORDS, 0},
	[K_PERMIT_LISTEN] = {NAMED("PermitListen") "any", AT(permit_listen), SET_WORDS, 0}, )
    [K_PRINT_MOTD] = {NAMED("PrintMotd") USE_MOTD("yes"), AT(motd), SET_ENUM, ANSWER(CFG_MOTD)},
    USE_TUN([K_PERMIT_TUNNEL] = {NAMED("PermitTunnel"), AT(tunnel), SET_ENUM, E_TUNNEL},)
    [K_PERMIT_TTY] = {NAMED("PermitTTY") USE_PTY("yes"), AT(permit_tty), SET_ENUM, ANSWER(CFG_PTY)},
    [K_PERMIT_USER_ENV] = {NAMED("PermitUserEnvironment"), AT(permit_user_env), SET_ENUM, E_BOOL},
    USE_JOB([K_DETACH] = {NAMED("DetachOnLoss"), AT(detach), SET_ENUM, E_BOOL},)
    [K_IPQOS] = {NAMED("IPQoS"), AT(qos), SET_ENUM, E_QOS},
    [K_GRACE] = {NAMED("LoginGraceTime") "120", AT(grace), SET_TIME, 0},
    [K_ALIVE_INTERVAL] = {NAMED("ClientAliveInterval"), AT(keepalive), SET_TIME, 0},
    [K_ALIVE_COUNT] = {NAMED("ClientAliveCountMax") "3", AT(keepalive_count), SET_NUM, 0},
    [K_IDLE] = {NAMED("IdleTimeout"), AT(idle), SET_TIME, 0},
    [K_MAX_DURATION] = {NAMED("MaxDuration"), AT(max_duration), SET_TIME, 0},
    [K_WINDOW] = {NAMED("RecvWindowSize"), AT(window), SET_SIZE, 0},
    [K_REKEY] = {NAMED("RekeyLimit"), AT(rekey_bytes), SET_REKEY, 0},
    [K_MAX_STARTUPS] = {NAMED("MaxStartups") TEXT(CFG_UNAUTH_MAX), AT(unauth_max), SET_FIRST, 1},
    [K_PER_SOURCE] = {NAMED("PerSourceMaxStartups") TEXT(CFG_UNAUTH_SOURCE),
	AT(unauth_source), SET_NUM, 0},
    [K_MAX_CONNECTIONS] = {NAMED("MaxConnections") TEXT(CFG_CONNS_MAX), AT(conns_max), SET_NUM, 1},
    USE_PENALTIES([K_PENALTIES] = {NAMED("PerSourcePenalties") "yes", AT(penalty), SET_PENALTY, 0},
	[K_PENALTY_EXEMPT] = {NAMED("PerSourcePenaltyExemptList"), AT(penalty_exempt), SET_WORD, 0}, )
    [K_KEX] = {NAMED("KexAlgorithms"), AT(kex), SET_ALG, ALG_KEX},
    [K_CIPHERS] = {NAMED("Ciphers"), AT(ciphers), SET_ALG, ALG_CIPHER},
    [K_MACS] = {NAMED("MACs"), AT(macs), SET_ALG, ALG_MAC},
    [K_HOSTKEY_ALGS] = {NAMED("HostKeyAlgorithms"), AT(hostkey_algs), SET_ALG, ALG_SIG},
    [K_PUBKEY_ALGS] = {NAMED("PubkeyAcceptedAlgorithms"), AT(pubkey_algs), SET_ALG, ALG_SIG},
    [K_CA_ALGS] = {CERTED("CASignatureAlgorithms"), AT(ca_algs), SET_ALG, ALG_CA},
    [K_VERSION_ADDENDUM] = {NAMED("VersionAddendum"), AT(version_addendum), SET_REST, 0},
    [K_SUBSYSTEM] = {CFG_SFTP_SERVER ? NAMED("Subsystem") "sftp sftp-server"
				     : NAMED("Subsystem") "sftp /usr/libexec/sftp-server",
	AT(subsystem), SET_SUBSYS, 0},
    USE_RESCUE([K_RESCUE_KEYS] = {NAMED("RescueKeys"), AT(rescue_keys), SET_WORD, 0},
	[K_RESCUE_IFACE] = {NAMED("RescueInterface"), AT(rescue_iface), SET_WORD, 0},)
    /* flags only */
    [K_CONFIG] = {"\0" USE_SSHD_CONFIG(CFG_HOSTKEY_DIR "/sshd_config"), AT(config_file), SET_WORD, 0},
    [K_FOREGROUND] = {"\0", AT(foreground), SET_ENUM, E_BOOL},
    [K_STDERR] = {"\0", AT(to_stderr), SET_ENUM, E_BOOL},
    [K_INETD] = {"\0", AT(inetd), SET_ENUM, E_BOOL},
    [K_TEST] = {"\0", AT(test_only), SET_ENUM, 0},
    [K_DEBUG] = {"\0", 0, SET_FLAG, 0},
    [K_VERBOSE] = {"\0", 0, SET_FLAG, 0},
    [K_ROOT_PASSWORD] = {"\0" "yes", AT(root_password), SET_ENUM, E_BOOL},
    [K_PASS_ENV] = {"\0", AT(pass_env), SET_ENUM, E_BOOL},
    [K_AUTHORIZED_DIR] = {"\0", AT(authorized_dir), SET_WORD, 0},
    [K_NO_LOCAL] = {"\0", AT(tcp_local), SET_PAIR, 2},
    [K_NO_REMOTE] = {"\0", AT(tcp_remote), SET_PAIR, 2},
    [K_OPTION] = {"\0", 0, SET_FLAG, 0},
    [K_IGNORE] = {"\0", 0, SET_FLAG, 0},
    [K_USAGE] = {"\0", 0, SET_FLAG, 0},
    [K_VERSION] = {"\0", 0, SET_FLAG, 0},
    [K_QUERY] = {"\0", 0, SET_FLAG, 0},
};

const struct set_default set_sshd[] = {
    USE_KEY_ECDSA({K_HOST_KEY, CFG_HOSTKEY_DIR "/ssh_host_ecdsa_key"},)
    USE_KEY_RSA({K_HOST_KEY, CFG_HOSTKEY_DIR "/ssh_host_rsa_key"},)
    {0, NULL},
};

const struct set_default set_dropbear[] = {
    {K_HOST_KEY, "/etc/dropbear/dropbear_ed25519_host_key"},
    USE_KEY_ECDSA({K_HOST_KEY, "/etc/dropbear/dropbear_ecdsa_host_key"},)
    USE_KEY_RSA({K_HOST_KEY, "/etc/dropbear/dropbear_rsa_host_key"},)
    {K_PID_FILE, "/var/run/dropbear.pid"},
    {K_SYSLOG_FACILITY, "AUTHPRIV"},
    {K_PERMIT_ROOT, "yes"},
    {K_MAX_TRIES, "10"},
    {K_GRACE, "300"},
    {K_CONFIG, "none"},
    {0, NULL},
};
/* clang-format on */

/* values: of the enums of settings.h, log_level's of port.h, RFC 5424's facilities, sk_flags of sig.h */
const char *const set_enums[E_COUNT] = {
    [E_BOOL] = "0no;1yes;",
    [E_NO] = "0no;",
    [E_ROOT] =
	"1prohibit-password;" USE_TUNABLE("0no;1without-password;2forced-commands-only;3yes;"),
    [E_METHODS] = "0any;" USE_TUNABLE("1publickey,password;"),
    [E_LEVEL] =
	"3INFO;" USE_TUNABLE("0QUIET;0FATAL;0ERROR;3VERBOSE;4DEBUG;4DEBUG1;5DEBUG2;5DEBUG3;"),
    [E_FACILITY] = "4AUTH;" USE_TUNABLE(":AUTHPRIV;3DAEMON;1USER;@LOCAL0;ALOCAL1;BLOCAL2;"
					"CLOCAL3;DLOCAL4;ELOCAL5;FLOCAL6;GLOCAL7;"),
    [E_FAMILY] = "0any;" USE_TUNABLE("4inet;6inet6;"),
    [E_GATEWAY] = "0no;1yes;" USE_TUNABLE("2clientspecified;"),
    [E_FORWARD] = "3yes;" USE_TUNABLE("0no;1local;2remote;3all;"),
    [E_TOKEN] =
	"0none;" USE_KEY_SK("1touch-required;4verify-required;"
			    "5touch-required,verify-required;5verify-required,touch-required;"),
    [E_QOS] = "0none;",
    /* enum penalty; then what bounds OpenSSH's tables, while ours has the size that it has */
    USE_PENALTIES([E_PENALTY] =
		      "0crash;1authfail;2noauth;3refuseconnection;4grace-exceeded;5max;6min;"
		      "7max-sources4;7max-sources6;7overflow;7overflow6;", )
	USE_TUN([E_TUNNEL] = "0no;1point-to-point;2ethernet;3yes;", )};
