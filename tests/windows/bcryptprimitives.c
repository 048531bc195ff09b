/* Random numbers for programs that run under a Wine that does not have this library yet (Wine 8, Debian 12).
   Windows has it since version 7. Laid beside the program in the test alone. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
