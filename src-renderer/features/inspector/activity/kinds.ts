/** Labels of operations, in groups that people ask for. */
export const kinds: readonly { value: string; label: string }[] = [
  { value: 'send event,federation send,federation collected', label: 'Sending' },
  { value: 'federation in,receive events', label: 'Receiving' },
  { value: 'federation request', label: 'Requests to others' },
  { value: 'sync answered', label: 'Shown to apps' },
  {
    value:
      'create room,join room,knock,leave,late leave,tell of a leave,invite,receive invite,receive join,receive leave,receive knock,third-party invite,upgrade room,remove room',
    label: 'Rooms and members',
  },
  {
    value:
      'backfill,backfill early,first history,read ahead,fill gaps,fetch event,fetch history down to,event near,ask for news',
    label: 'History',
  },
  { value: 'resolve state', label: 'State resolution' },
  { value: 'fetch keys,device lists', label: 'Keys' },
  {
    value:
      'discovery,greeting,peer: an address is known,peer: answers,peer: answers no more,peer: forgotten,peer: another address,back-off ended,network changed',
    label: 'Finding others',
  },
]
