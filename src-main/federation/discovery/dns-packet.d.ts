/** The part of `dns-packet` that discovery uses; the package brings no types. Decoded data is hostile. */
declare module 'dns-packet' {
  export interface Record {
    name: string
    type: string
    ttl?: number
    flush?: boolean
    data?: unknown
  }
  export interface Packet {
    id?: number
    type?: 'query' | 'response'
    flags?: number
    questions?: { name: string; type: string }[]
    answers?: Record[]
    authorities?: Record[]
    additionals?: Record[]
  }
  const packet: {
    encode(packet: Packet): Buffer
    /** Throws on malformed input. */
    decode(bytes: Uint8Array): Packet
    AUTHORITATIVE_ANSWER: number
  }
  export default packet
}
