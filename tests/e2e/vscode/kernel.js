// What a widget manager needs of a kernel, over the web socket of a Jupyter server.

class Signal {
  constructor() { this.slots = []; }
  connect(slot, self) { this.slots.push([slot, self]); return true; }
  disconnect() { return true; }
  emit(value) { for (const [slot, self] of this.slots) slot.call(self, this.sender, value); }
}

class Comm {
  constructor(kernel, targetName, commId) {
    Object.assign(this, { kernel, targetName, commId });
    this.onMsg = this.onClose = () => undefined;
  }
  open(data, metadata, buffers) {
    return this.kernel.post("comm_open", { comm_id: this.commId, target_name: this.targetName, data }, metadata, buffers);
  }
  send(data, metadata, buffers) {
    return this.kernel.post("comm_msg", { comm_id: this.commId, data }, metadata, buffers);
  }
  close(data, metadata, buffers) {
    this.kernel.comms.delete(this.commId);
    return this.kernel.post("comm_close", { comm_id: this.commId, data: data ?? {} }, metadata, buffers);
  }
}

class Kernel {
  constructor(id) {
    Object.assign(this, {
      id, username: "person", clientId: crypto.randomUUID(), handleComms: true, isDisposed: false,
      status: "idle", connectionStatus: "connected", targets: {}, comms: new Map(), futures: new Map(),
    });
    for (const name of ["statusChanged", "connectionStatusChanged", "iopubMessage", "unhandledMessage", "disposed"]) {
      this[name] = new Signal();
    }
    this.arrived = Promise.resolve();
  }
  connect() {
    const query = `session_id=${this.clientId}`;
    this.socket = new WebSocket(`ws://${location.host}/api/kernels/${this.id}/channels?${query}`);
    return new Promise((done, failed) => { this.socket.onopen = done; this.socket.onerror = failed; });
  }
  // Until it says something of ours, what it says of widgets may not reach this socket either.
  async heard() {
    let asking = 0;
    await new Promise((done) => {
      this.socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        if (message.channel === "iopub" && this.futures.has(message.parent_header?.msg_id)) done();
      };
      const ask = () => this.post("kernel_info_request", {});
      asking = setInterval(ask, 500);
      ask();
    });
    clearInterval(asking);
  }
  listen() {
    this.socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      this.arrived = this.arrived.then(() => this.take(message)).catch(console.error);
    };
  }
  registerCommTarget(name, opened) { this.targets[name] = opened; }
  removeCommTarget(name) { delete this.targets[name]; }
  registerMessageHook() {}
  removeMessageHook() {}
  createComm(targetName, commId = crypto.randomUUID()) {
    const comm = new Comm(this, targetName, commId);
    this.comms.set(commId, comm);
    return comm;
  }
  async requestCommInfo() { return { content: { status: "ok", comms: {} } }; }
  post(type, content, metadata = {}, buffers = []) {
    if (buffers?.length) throw new Error("this kernel sends no buffers");
    const header = {
      msg_id: crypto.randomUUID(), msg_type: type, session: this.clientId, username: this.username,
      date: new Date().toISOString(), version: "5.3",
    };
    const msg = { channel: "shell", header, parent_header: {}, metadata: metadata ?? {}, content, buffers: [] };
    const future = { msg, onReply() {}, onStdin() {}, onIOPub() {} };
    this.futures.set(header.msg_id, future);
    this.socket.send(JSON.stringify(msg));
    return future;
  }
  async take(message) {
    const future = this.futures.get(message.parent_header?.msg_id);
    if (message.channel !== "iopub") return;
    this.iopubMessage.emit(message);
    const { comm_id: id, target_name: target, execution_state: state } = message.content;
    if (message.header.msg_type === "comm_open") await this.targets[target]?.(this.createComm(target, id), message);
    if (message.header.msg_type === "comm_msg") await this.comms.get(id)?.onMsg(message);
    if (message.header.msg_type === "comm_close") {
      await this.comms.get(id)?.onClose(message);
      this.comms.delete(id);
    }
    await future?.onIOPub(message);
    if (state === "idle") this.futures.delete(message.parent_header?.msg_id);
  }
}

async function connectKernel(id) {
  const kernel = new Kernel(id);
  await kernel.connect();
  await kernel.heard();
  return kernel;
}
