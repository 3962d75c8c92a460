/** What the provider is asked to do during a call. */

/** @typedef {import("./peer.js").Peer | undefined} Peer */

/** Has the assistant say something that it does not know yet. @param {Peer} peer @param {string} text */
export function instruct(peer, text) {
  const content = [{ type: "input_text", text }];
  peer?.send({ type: "conversation.item.create", item: { type: "message", role: "system", content } });
  peer?.send({ type: "response.create" });
}

/** @param {Peer} peer */
export function interrupt(peer) {
  peer?.send({ type: "response.cancel" });
  peer?.send({ type: "output_audio_buffer.clear" });
}

/** Runs the model's calls in turn, and asks it to go on with their results.
 * @param {Peer} peer @param {import("./server.js").Server} server @param {import("./events.js").ToolCall[]} calls */
export async function runTools(peer, server, calls) {
  for (const call of calls) {
    const output = await server.run(call);
    peer?.send({
      type: "conversation.item.create",
      item: { type: "function_call_output", call_id: call.call_id, output },
    });
  }
  peer?.send({ type: "response.create" });
}
