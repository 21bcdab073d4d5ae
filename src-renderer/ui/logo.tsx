import css from './logo.module.css'

/** The mark alone; the name stands beside it in words. */
export function Logo({ size = 32 }: { size?: number }) {
  return (
    <svg className={css.logo} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="#c24e1d" />
      <path
        d="M16.2 5.2c.7 3.7-.9 5.500-2.900 7.600-2.100 2.200-4.300 4.300-4.300 7.700a7 7 0 0 0 14 0c0-2.700-1.200-4.800-2.500-6.300-.3 1.500-1 2.600-2.100 3.200.7-4.500-.1-8.900-2.200-12.200z"
        fill="#fff3e8"
      />
      <path
        d="M16.100 18.100c.2 1.500-.5 2.300-1.200 3.100-.7.700-1.300 1.400-1.300 2.500a2.500 2.500 0 0 0 5 0c0-2.200-1.200-4.200-2.500-5.600z"
        fill="#c24e1d"
      />
    </svg>
  )
}
