package config

import (
	"fmt"
	"net"
	"strconv"
)

// HTTP says where the server listens.
type HTTP struct {
	Addr      string `key:"addr" doc:"HOST:PORT of the API. Plain HTTP: keep it on loopback or behind a TLS proxy. Port 0 picks a free port."`
	AdminAddr string `key:"admin_addr" doc:"HOST:PORT of the admin listener (/metrics), which has no authentication: keep it on loopback. \"off\" disables it."`
}

// AdminOff reports whether the admin listener is disabled.
func (h HTTP) AdminOff() bool { return h.AdminAddr == "off" }

func defaultHTTP() HTTP {
	return HTTP{Addr: "127.0.0.1:8080", AdminAddr: "127.0.0.1:8081"}
}

func (h HTTP) check() []string {
	faults := checkAddr("http.addr", h.Addr)
	if !h.AdminOff() {
		faults = append(faults, checkAddr("http.admin_addr", h.AdminAddr)...)
	}
	return faults
}

// checkAddr refuses what net.Listen would refuse later, without listening.
func checkAddr(key, addr string) []string {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		var n int
		n, err = strconv.Atoi(port)
		if err == nil && (n < 0 || n > 65535) {
			err = fmt.Errorf("port out of range")
		}
	}
	if err != nil {
		return []string{fmt.Sprintf("%s %q is not HOST:PORT; write for example \"127.0.0.1:8080\"", key, addr)}
	}
	return nil
}
