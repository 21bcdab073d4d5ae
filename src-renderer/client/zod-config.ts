import { z } from 'zod'

// The content security policy forbids `eval`, which zod would otherwise use to compile its validators.
z.config({ jitless: true })
