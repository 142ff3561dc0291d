#!/bin/bash
# A Postfix of its own on loopback, for the tests: takes letters over TLS from who signs in, and keeps each as a file.
#   postfix.sh start FOLDER CERTIFICATE KEY SUBMISSION_PORT TLS_PORT
#   postfix.sh stop FOLDER
# Refuses gone@…, puts wait@… off, until FOLDER/etc/recipients says otherwise. User portal, password in FOLDER/password.
set -euo pipefail
folder=$(realpath -m "$2")
etc=$folder/etc

stop() { postfix -c "$etc" stop >/dev/null 2>&1 || true; }

case $1 in
stop) stop; exit ;;
start) ;;
*) echo "postfix.sh start | stop" >&2; exit 2 ;;
esac

certificate=$3 key=$4 submission=$5 implicit=$6
mkdir -p "$etc/sasl" "$folder/spool" "$folder/data" "$folder/box"
cp "$certificate" "$etc/cert.pem"
install -m 0600 "$key" "$etc/key.pem"

postconf_all() {
    cat <<C
compatibility_level = 3.6
queue_directory = $folder/spool
data_directory = $folder/data
command_directory = /usr/sbin
daemon_directory = $(postconf -d -h daemon_directory 2>/dev/null)
mail_owner = postfix
setgid_group = postdrop
maillog_file = $folder/mail.log
maillog_file_prefixes = $folder
myhostname = localhost.localdomain
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_tls_cert_file = $etc/cert.pem
smtpd_tls_key_file = $etc/key.pem
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_tls_received_header = yes
smtpd_sasl_authenticated_header = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
cyrus_sasl_config_path = $etc/sasl
smtpd_sasl_local_domain = portal
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access regexp:$etc/recipients
strict_rfc821_envelopes = yes
smtpd_helo_required = yes
virtual_mailbox_domains = static:all
virtual_mailbox_base = $folder/box
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:$(id -u postfix)
virtual_gid_maps = static:$(id -g postfix)
virtual_minimum_uid = 1
default_process_limit = 20
C
}
postconf_all > "$etc/main.cf"
cat > "$etc/recipients" <<'C'
/^gone@/ 550 5.1.1 User unknown in virtual mailbox table
/^wait@/ 450 4.2.0 Greylisted, see the postmaster
C
cat > "$etc/master.cf" <<C
127.0.0.1:$submission inet n - n - - smtpd
127.0.0.1:$implicit inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
C
printf 'pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: %s/sasldb2\n' "$folder" \
    > "$etc/sasl/smtpd.conf"
saslpasswd2 -p -c -f "$folder/sasldb2" -u portal portal < "$folder/password"
chown postfix "$folder/sasldb2" "$folder/data" "$folder/box"
chmod 755 "$folder" "$etc"
stop
postfix -c "$etc" start >/dev/null 2>&1
