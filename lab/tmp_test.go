package lab
import ("testing";"tbraid/sim/ledger")
func BenchmarkTmpPlain(b *testing.B){ p:=rewrites(b,4,"wb-watermark-80-16"); p.detail=ledger.Promises; for range b.N { for range 3 {playing(b,p,false)} } }
func BenchmarkTmpSwept(b *testing.B){ p:=rewrites(b,4,"wb-watermark-80-16"); p.detail=ledger.Promises; for range b.N { for range 3 {playing(b,p,true)} } }
