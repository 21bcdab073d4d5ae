import type { PeerToAdd, Wish } from '../../model/command-list.ts'
import { useConversation } from '../../model/conversation.ts'
import { HOME_HREF, roomHref } from '../../model/routes.ts'
import { useServices } from '../../model/use-client.ts'

type Errand = Exclude<Wish, { readonly kind: 'message' | 'poll' | 'help' }>

/** Does what a command asked for; failures are said in words. */
export function useWishes(): (wish: Errand) => Promise<boolean> {
  const { client, attempt } = useServices()
  const { room } = useConversation()

  async function open(roomId: Promise<string>): Promise<string> {
    const id = await roomId
    window.location.hash = roomHref(id)
    return id
  }

  async function reach(peer: PeerToAdd | undefined): Promise<void> {
    if (peer !== undefined) await client.addPeer(peer.serverName, peer.at)
  }

  async function run(wish: Errand): Promise<unknown> {
    switch (wish.kind) {
      case 'topic':
        return await client.setRoomTopic(room.id, wish.text)
      case 'nick':
        return await client.setProfile({ name: wish.text })
      case 'roomnick':
        return await client.setRoomNick(room.id, wish.text)
      case 'invite':
        await reach(wish.peer)
        return await client.invite(room.id, wish.userId)
      case 'kick':
        return await client.kick(room.id, wish.userId, wish.reason)
      case 'ban':
        return await client.ban(room.id, wish.userId, wish.reason)
      case 'unban':
        return await client.unban(room.id, wish.userId, wish.reason)
      case 'join':
        return await open(client.joinRoom(wish.room, wish.via))
      case 'direct': {
        await reach(wish.peer)
        const id = await open(client.openDirect(wish.userId))
        if (wish.message !== undefined) client.sendMessage(id, wish.message)
        return id
      }
      case 'leave':
        await client.leave(room.id)
        window.location.hash = HOME_HREF
        return undefined
    }
  }

  return async (wish) => await attempt(async () => await run(wish), FAILURES[wish.kind])
}

const FAILURES: Readonly<Record<Errand['kind'], string>> = {
  topic: 'The topic could not be changed',
  nick: 'Your name could not be changed',
  roomnick: 'Your name could not be changed',
  invite: 'The invitation could not be sent',
  kick: 'They could not be removed',
  ban: 'They could not be banned',
  unban: 'The ban could not be lifted',
  join: 'The room could not be joined',
  direct: 'The conversation could not be opened',
  leave: 'The room could not be left',
}
