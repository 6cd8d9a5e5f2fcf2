#!/bin/sh
# usage: secured.sh DATA_DIR PORT CONTROLLER_PORT -> prints what server.properties holds besides for secured listeners, and makes
# their certificates: DATA_DIR/tls/{ca,other-ca,client}.pem, client.key. For tests on 127.0.0.1 only: the passwords stand here.
#   PORT    PLAINTEXT, whoever comes is a super user (User:ANONYMOUS), so that tests can grant and look
#   PORT+2  SASL_SSL: plain/plain-secret and limited/limited-secret by PLAIN, scram/scram-secret by SCRAM, tokens without signature
#   PORT+3  SSL with certificates of clients: CN=client
# Super users: plain, scram, token and CN=client. `limited` has the ACLs that it is given, at first none.
set -eu
data=${1:?usage: secured.sh DATA_DIR PORT CONTROLLER_PORT}
port=${2:?port}
controller=${3:?controller port}
tls=$data/tls
for tool in openssl keytool; do
    if ! command -v "$tool" > /dev/null 2>&1; then
        echo "A secured Kafka needs $tool, which is missing here." >&2
        exit 69
    fi
done

authority() { # NAME -> a certificate authority of its own
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=$1" -keyout "$tls/$1.key" -out "$tls/$1.pem" 2> /dev/null
}
signed() { # NAME EXTENSION -> a certificate that `ca` signed
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$tls/$1.key" -out "$tls/$1.csr" 2> /dev/null
    printf '%s\n' "$2" > "$tls/$1.ext"
    openssl x509 -req -days 3650 -in "$tls/$1.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial \
        -extfile "$tls/$1.ext" -out "$tls/$1.pem" 2> /dev/null
}
if [ ! -f "$tls/done" ]; then
    mkdir -p "$tls"
    authority ca
    authority other-ca
    signed broker "subjectAltName=IP:127.0.0.1"
    signed client "extendedKeyUsage=clientAuth"
    openssl pkcs12 -export -in "$tls/broker.pem" -inkey "$tls/broker.key" -name broker -passout pass:keystore \
        -out "$tls/broker.p12"
    keytool -importcert -noprompt -alias ca -file "$tls/ca.pem" -keystore "$tls/trust.p12" -storetype PKCS12 \
        -storepass keystore 2> /dev/null
    touch "$tls/done"
fi

plain='org.apache.kafka.common.security.plain.PlainLoginModule required'
scram='org.apache.kafka.common.security.scram.ScramLoginModule required;'
token='org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
validator=org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler
cat << PROPERTIES
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller,SECURED://127.0.0.1:$((port + 2)),MUTUAL://127.0.0.1:$((port + 3))
advertised.listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller,SECURED://127.0.0.1:$((port + 2)),MUTUAL://127.0.0.1:$((port + 3))
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL,MUTUAL:SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
listener.name.secured.plain.sasl.jaas.config=$plain user_plain="plain-secret" user_limited="limited-secret";
listener.name.secured.scram-sha-256.sasl.jaas.config=$scram
listener.name.secured.scram-sha-512.sasl.jaas.config=$scram
listener.name.secured.oauthbearer.sasl.jaas.config=$token
listener.name.secured.oauthbearer.sasl.server.callback.handler.class=$validator
ssl.keystore.type=PKCS12
ssl.keystore.location=tls/broker.p12
ssl.keystore.password=keystore
ssl.truststore.type=PKCS12
ssl.truststore.location=tls/trust.p12
ssl.truststore.password=keystore
listener.name.secured.ssl.client.auth=none
listener.name.mutual.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:plain;User:scram;User:token;User:CN=client
PROPERTIES
