import { TextField } from './field.tsx'

interface NetworkAddressFieldProps {
  value: string
  onChange: (address: string) => void
  hint?: string | undefined
  error?: string | undefined
}

export const MISSING_ADDRESS =
  'The link does not say where that computer is. Ask for its address, and write it here with the port.'
export const NO_ADDRESS = 'Give the address and the port, such as 192.168.1.7:8448.'

/** Where another Hearth is, for networks that hide it. */
export function NetworkAddressField({
  value,
  onChange,
  hint = 'Where that computer is on the network, with its port.',
  error,
}: NetworkAddressFieldProps) {
  return (
    <TextField
      label="Network address"
      placeholder="192.168.1.7:8448"
      hint={hint}
      error={error}
      value={value}
      maxLength={255}
      spellCheck={false}
      autoCapitalize="none"
      onChange={(event) => onChange(event.target.value)}
    />
  )
}
