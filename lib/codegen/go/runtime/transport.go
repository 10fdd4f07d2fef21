package runtime

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
)

const (
	alpn     = "dari/1"
	httpALPN = "http/1.1"
)

// schemes are those of addresses; https and wss are the same.
var schemes = map[string]bool{"tls": true, "https": true, "wss": true, "tcp": true}

// open connects to an address.
func open(ctx context.Context, address string, config *tls.Config, insecure bool) (net.Conn, error) {
	if path := strings.TrimPrefix(address, "unix:"); path != address {
		return dial(ctx, "unix", path, nil)
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Port() == "" || !schemes[parsed.Scheme] {
		return nil, fmt.Errorf("%q is no address; use tls://HOST:PORT, https://HOST:PORT, "+
			"unix:PATH or tcp://HOST:PORT", address)
	}
	if parsed.Scheme != "tcp" {
		named := config.Clone()
		named.ServerName = parsed.Hostname()
		if parsed.Scheme == "tls" {
			return dial(ctx, "tcp", parsed.Host, named)
		}
		named.NextProtos = []string{httpALPN}
		connection, err := dial(ctx, "tcp", parsed.Host, named)
		if err != nil {
			return nil, err
		}
		return openWebSocket(ctx, connection, parsed.Host)
	}
	ip := net.ParseIP(parsed.Hostname())
	if !insecure && parsed.Hostname() != "localhost" && !ip.IsLoopback() {
		return nil, fmt.Errorf("%s is not encrypted; use tls://, or Insecure", address)
	}
	return dial(ctx, "tcp", parsed.Host, nil)
}

func dial(ctx context.Context, network, to string, config *tls.Config) (net.Conn, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, network, to)
	if err != nil {
		return nil, unreachable(err)
	}
	if config == nil {
		return connection, nil
	}
	secured := tls.Client(connection, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		connection.Close()
		return nil, unreachable(err)
	}
	return secured, nil
}

// tlsConfig trusts the authorities of a file alone, where there is one.
func tlsConfig(options Options) (*tls.Config, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		NextProtos:         []string{alpn},
		InsecureSkipVerify: options.Insecure,
	}
	if options.CA != "" {
		pem, err := os.ReadFile(options.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate", options.CA)
		}
	}
	if options.Cert != "" {
		pair, err := tls.LoadX509KeyPair(options.Cert, options.Key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// bindingOf gives what SCRAM binds to: tls-server-end-point of RFC 5929, section 4.1.
func bindingOf(connection net.Conn) []byte {
	secured, isTLS := connection.(*tls.Conn)
	if !isTLS || len(secured.ConnectionState().PeerCertificates) == 0 {
		return nil
	}
	certificate := secured.ConnectionState().PeerCertificates[0]
	switch certificate.SignatureAlgorithm {
	case x509.SHA384WithRSA, x509.ECDSAWithSHA384, x509.SHA384WithRSAPSS:
		sum := sha512.Sum384(certificate.Raw)
		return sum[:]
	case x509.SHA512WithRSA, x509.ECDSAWithSHA512, x509.SHA512WithRSAPSS:
		sum := sha512.Sum512(certificate.Raw)
		return sum[:]
	}
	sum := sha256.Sum256(certificate.Raw)
	return sum[:]
}
