// Says on standard output what Node's HTTP parser heard, a line of JSON for each request.
const http = require("node:http");

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const body = Buffer.concat(pieces).toString("hex");
    const heard = { method: request.method, target: request.url, headers: request.rawHeaders, body };
    process.stdout.write(JSON.stringify(heard) + "\n");
    response.setHeader("Content-Length", "0");
    response.end();
  });
});
server.listen(process.argv[2]);
