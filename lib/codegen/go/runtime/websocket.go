package runtime

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

const (
	socketPath        = "/ws"
	socketSubprotocol = "dari.1"
	acceptSuffix      = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
	maxControlBytes   = 125
)

const (
	opcodeContinuation = 0
	opcodeText         = 1
	opcodeBinary       = 2
	opcodeClose        = 8
	opcodePing         = 9
	opcodePong         = 10
	lastFrame          = 0x80
)

// webSocket carries the wire in frames of RFC 6455: the way to the HTTPS gateway of a server. What is
// written goes into frames, and what the frames hold is read as one stream.
type webSocket struct {
	net.Conn
	arrived *bufio.Reader
	// left is what has not been read of the frame under way.
	left uint64
	// sending is held by whoever writes: the reader answers pings.
	sending sync.Mutex
}

// openWebSocket asks a server for a WebSocket; the connection is closed where it refuses.
func openWebSocket(ctx context.Context, connection net.Conn, host string) (net.Conn, error) {
	socket := &webSocket{Conn: connection, arrived: bufio.NewReaderSize(connection, readBytes)}
	done := make(chan struct{})
	defer close(done)
	go func() {
		select {
		case <-ctx.Done():
			connection.Close()
		case <-done:
		}
	}()
	if err := socket.ask(host); err != nil {
		connection.Close()
		return nil, unreachable(err)
	}
	return socket, nil
}

func (s *webSocket) ask(host string) error {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return err
	}
	key := base64.StdEncoding.EncodeToString(random)
	_, err := fmt.Fprintf(s.Conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\n"+
		"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"+
		"Sec-WebSocket-Protocol: %s\r\n\r\n", socketPath, host, key, socketSubprotocol)
	if err != nil {
		return err
	}
	answer, err := http.ReadResponse(s.arrived, nil)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		return fmt.Errorf("it answered %s", answer.Status)
	}
	sum := sha1.Sum([]byte(key + acceptSuffix))
	if answer.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) {
		return errors.New("its Sec-WebSocket-Accept does not answer the key")
	}
	if answer.Header.Get("Sec-WebSocket-Protocol") != socketSubprotocol {
		return fmt.Errorf("it does not speak the subprotocol %s", socketSubprotocol)
	}
	return nil
}

// Read reads what the frames hold.
func (s *webSocket) Read(into []byte) (int, error) {
	for s.left == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	if uint64(len(into)) > s.left {
		into = into[:s.left]
	}
	count, err := s.arrived.Read(into)
	s.left -= uint64(count)
	return count, err
}

// next reads the head of a frame, and answers it where it is no data.
func (s *webSocket) next() error {
	var head [8]byte
	if _, err := io.ReadFull(s.arrived, head[:2]); err != nil {
		return err
	}
	opcode, length := head[0]&0x0f, uint64(head[1]&0x7f)
	switch length {
	case 126:
		if _, err := io.ReadFull(s.arrived, head[:2]); err != nil {
			return err
		}
		length = uint64(binary.BigEndian.Uint16(head[:]))
	case 127:
		if _, err := io.ReadFull(s.arrived, head[:]); err != nil {
			return err
		}
		length = binary.BigEndian.Uint64(head[:])
	}
	switch opcode {
	case opcodeContinuation, opcodeText, opcodeBinary:
		s.left = length
		return nil
	case opcodeClose:
		return io.EOF
	}
	if (opcode != opcodePing && opcode != opcodePong) || length > maxControlBytes {
		return errors.New("the server sent a frame that breaks the rules of WebSockets")
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(s.arrived, payload); err != nil || opcode == opcodePong {
		return err
	}
	return s.send(opcodePong, payload)
}

// Write writes a frame.
func (s *webSocket) Write(data []byte) (int, error) {
	if err := s.send(opcodeBinary, data); err != nil {
		return 0, err
	}
	return len(data), nil
}

// send writes a frame of a client, which is masked.
func (s *webSocket) send(opcode byte, data []byte) error {
	frame := make([]byte, 0, len(data)+14)
	frame = append(frame, lastFrame|opcode)
	switch length := len(data); {
	case length <= maxControlBytes:
		frame = append(frame, 0x80|byte(length))
	case length < 1<<16:
		frame = append(frame, 0x80|126, byte(length>>8), byte(length))
	default:
		frame = append(frame, 0x80|127)
		frame = append(frame, make([]byte, 8)...)
		binary.BigEndian.PutUint64(frame[2:], uint64(length))
	}
	var key [4]byte
	if _, err := rand.Read(key[:]); err != nil {
		return err
	}
	frame = append(frame, key[:]...)
	for at, each := range data {
		frame = append(frame, each^key[at&3])
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	_, err := s.Conn.Write(frame)
	return err
}
