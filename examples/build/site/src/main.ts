import { countdown } from './countdown.ts'

const place = document.querySelector('#rest')
if (place !== null) place.textContent = countdown(new Date(), new Date('2100-01-01'))
