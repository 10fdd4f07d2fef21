import { connect } from "/tmp/w/threads/mod.ts";
const [addr,ca]=[Deno.args[0], Deno.readTextFileSync(Deno.args[1])];
const ids=new Map<string,number>(); const cs=[];
for(let i=0;i<16;i++){ const c=await connect(addr,{ca}); cs.push(c); const w=await c.call("which") as string; ids.set(w,(ids.get(w)??0)+1); }
console.log(ids);
for (const m of ["die","reject","quit","end"]) { const t=performance.now(); try { console.log(m, await cs[0].call(m)); } catch(e) { console.log(m, "failed", (e as Error).message); } 
 await new Promise(r=>setTimeout(r,1500)); const seen=new Map<string,number>(); let bad=0; for(const c of cs) try { const w=await c.call("which") as string; seen.set(w,(seen.get(w)??0)+1);} catch(e){bad++; } console.log(seen,bad); }
for(const c of cs) await c.close();
