/// <reference types="second-thought/svelte" />
