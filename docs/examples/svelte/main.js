import { mount } from 'svelte'
import 'second-thought/element/define'
import Help from './Help.svelte'

mount(Help, { target: document.getElementById('app') })
