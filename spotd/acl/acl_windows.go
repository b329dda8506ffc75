package acl

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

const asked = windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION

// Close makes a folder that is SYSTEM's and the Administrators' alone, or makes one so that is there. One
// that belongs to somebody else is refused: below %ProgramData% anybody may have
// made it first. A process without the Administrators' rights leaves it alone, for
// what it runs has no more rights than it.
func Close(dir string) error {
	if !windows.GetCurrentProcessToken().IsElevated() {
		return nil
	}
	descriptor, err := windows.SecurityDescriptorFromString(Folder)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	attributes := windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	if err := windows.CreateDirectory(path, &attributes); err != nil && !errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
		return fmt.Errorf("%s: %w", dir, err)
	}
	is, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, asked)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if err := JudgeOwner(is.String()); err != nil {
		return fmt.Errorf("%s %w: remove it, and what stands in it, if it is not yours", dir, err)
	}
	list, _, err := descriptor.DACL()
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	err = windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// Check tells who else than SYSTEM and the Administrators owns or may change a file or
// a folder. What is not there is nobody's. A process without the Administrators' rights
// does not care.
func Check(path string) error {
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || !windows.GetCurrentProcessToken().IsElevated() {
		return nil
	}
	is, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, asked)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := Judge(is.String()); err != nil {
		return fmt.Errorf(`%s %w: icacls "%s" /setowner Administrators, then icacls "%s" /reset in a folder that is theirs alone`, path, err, path, path)
	}
	return nil
}
