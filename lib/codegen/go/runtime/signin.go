package runtime

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
)

const (
	minIterations = 4_096
	maxIterations = 10_000_000
	nonceBytes    = 18
)

// scramReply is what the server answers to a message of SCRAM.
type scramReply struct {
	Data  string `json:"data"`
	Token string `json:"token"`
}

// ask makes a call of SCRAM on the connection that signs in.
type ask func(params map[string]string) (scramReply, error)

// signInByPassword signs in by SCRAM-SHA-256 (RFC 5802, RFC 7677): the password stays here. It gives
// the session's token. An error "second_factor_required" says that the password is right, and that a
// code is needed beside it.
func signInByPassword(ask ask, username, password, code string, binding []byte) (string, error) {
	random := make([]byte, nonceBytes)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	nonce := base64.StdEncoding.EncodeToString(random)
	bare := "n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(username) + ",r=" + nonce
	header := "n,,"
	if binding != nil {
		header = "p=tls-server-end-point,,"
	}
	reply, err := ask(map[string]string{"data": header + bare})
	var failure *Error
	if binding != nil && errors.As(err, &failure) && failure.Name == "failed_precondition" {
		// Behind a proxy that ends TLS the server has no binding. The proof covers that it has none.
		header, binding = "y,,", nil
		reply, err = ask(map[string]string{"data": header + bare})
	}
	if err != nil {
		return "", err
	}
	first := reply.Data
	parts := attributesOf(first)
	iterations, err := strconv.Atoi(parts["i"])
	if err != nil || iterations < minIterations || iterations > maxIterations {
		return "", newError("unauthenticated", err, "The server asks for %s SCRAM iterations", parts["i"])
	}
	if !strings.HasPrefix(parts["r"], nonce) || parts["r"] == nonce {
		return "", newError("unauthenticated", nil, "The server's SCRAM nonce is not an answer to ours")
	}
	salt, err := base64.StdEncoding.DecodeString(parts["s"])
	if err != nil {
		return "", newError("unauthenticated", err, "The server's SCRAM salt is not base64")
	}
	salted := pbkdf2([]byte(password), salt, iterations)
	channel := base64.StdEncoding.EncodeToString(append([]byte(header), binding...))
	unproved := "c=" + channel + ",r=" + parts["r"]
	said := bare + "," + first + "," + unproved
	clientKey := sign(salted, "Client Key")
	stored := sha256.Sum256(clientKey)
	proof := sign(stored[:], said)
	for at := range proof {
		proof[at] ^= clientKey[at]
	}
	answer := map[string]string{
		"data": unproved + ",p=" + base64.StdEncoding.EncodeToString(proof),
	}
	if code != "" {
		answer["code"] = code
	}
	final, failed := ask(answer)
	message := final.Data
	if errors.As(failed, &failure) && failure.Name == "second_factor_required" {
		message = factorOf(failure).Scram
	} else if failed != nil {
		return "", failed
	}
	// The server has to know the account too, also before the user is asked for a code.
	signature, err := base64.StdEncoding.DecodeString(attributesOf(message)["v"])
	if err != nil || !hmac.Equal(signature, sign(sign(salted, "Server Key"), said)) {
		return "", newError("unauthenticated", err, "The server did not prove that it knows the account")
	}
	return final.Token, failed
}

// factor is what an error "second_factor_required" says.
type factor struct {
	Kinds []string `json:"kinds"`
	Scram string   `json:"scram"`
}

func factorOf(e *Error) factor {
	var asked factor
	if json.Unmarshal(e.Data, &asked) != nil {
		return factor{}
	}
	return asked
}

func attributesOf(message string) map[string]string {
	found := map[string]string{}
	for _, part := range strings.Split(message, ",") {
		if name, value, isOne := strings.Cut(part, "="); isOne {
			found[name] = value
		}
	}
	return found
}

func sign(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

// pbkdf2 derives 32 bytes: one block of HMAC-SHA-256 (RFC 8018, section 5.2).
func pbkdf2(password, salt []byte, iterations int) []byte {
	mac := hmac.New(sha256.New, password)
	mac.Write(salt)
	mac.Write(binary.BigEndian.AppendUint32(nil, 1))
	last := mac.Sum(nil)
	sum := append([]byte(nil), last...)
	for round := 1; round < iterations; round++ {
		mac.Reset()
		mac.Write(last)
		last = mac.Sum(last[:0])
		for at := range sum {
			sum[at] ^= last[at]
		}
	}
	return sum
}
