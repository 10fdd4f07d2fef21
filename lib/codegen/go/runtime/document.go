package runtime

// keepsKeys says whether the server remembers the answers of calls with a key. It stands for what is
// written of each document.
const keepsKeys = false
