// Leads the connections of SDKs that take an agent to the proxy's forward listener, which knows the host by its header.

import http from "node:http";
import net from "node:net";

const { hostname, port } = new URL(process.env.FORWARD);

class Through extends http.Agent {
  createConnection() {
    return net.connect(Number(port), hostname);
  }
}

export const agent = new Through({ keepAlive: true });
